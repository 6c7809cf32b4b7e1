#pragma once
#include <papi.h>
#include <sde_lib.h>
