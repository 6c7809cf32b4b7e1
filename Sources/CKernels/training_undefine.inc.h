// Clears what an instance of training_kernels.inc.h was given.
#undef LANES
#undef NAME
#undef LEVEL
#undef LEVEL_NAME
#undef TILE_VECTORS
#undef ROWS_1
#undef ROWS_2
#undef ROWS_3
#undef ROWS_4
#undef LOAD_N
#undef STORE_N
#undef GENERIC_TAIL
