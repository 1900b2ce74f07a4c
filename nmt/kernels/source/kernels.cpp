// Kernels on float32 as NAME_float32 and on bfloat16 as NAME_bfloat16: every one that is worth it for the type.
#include <omp.h>

#include <algorithm>
#include <vector>

#include "vector.h"

#include "by_four.h"
#include "tiles.h"
#include "pack.h"
#include "product.h"
#include "over_rows.h"

#define T float
#define NAME(kernel) kernel##_float32
#include "attention.h"
#include "best_words.h"
#include "gru.h"
#include "lstm.h"
#include "vocabulary.h"
#undef T
#undef NAME

#define T bf16
#define NAME(kernel) kernel##_bfloat16
#include "attention.h"
#include "best_words.h"
#include "contexts.h"
#include "gru.h"
#include "lstm.h"
#include "vocabulary.h"
