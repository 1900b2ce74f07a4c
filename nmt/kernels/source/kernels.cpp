// Kernels on float32 as NAME_float32 and on bfloat16 as NAME_bfloat16: every one that is worth it for the type.
#include <omp.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "vector.h"

#include "by_four.h"
#include "rows.h"
#include "blocks.h"
#include "pack.h"
#include "line.h"
#include "grant.h"

#define T float
#define NAME(kernel) kernel##_float32
#include "attention.h"
#include "best_words.h"
#include "gru.h"
#include "lstm.h"
#include "vocabulary.h"
#if defined(__AVX512BW__)
#include "product.h"
#include "over_rows.h"
#endif
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
#if defined(__AVX512BF16__) && defined(__AVX512VNNI__)
#include "product.h"
#include "over_rows.h"
#include "int8.h"
#endif
