/* The products for JavaScript. Each product of a program becomes a function without arguments, which its WebAssembly module imports. */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include "product.h"

/* of the numerics contract that these products keep; a test builds another one */
#ifndef CONTRACT
#define CONTRACT 1
#endif

/* what belongs to one JavaScript thread */
typedef struct {
  variant variants[MOST_VARIANTS];
  int count;
  scratch scratch;
} thread_data;

/* a product of a program */
typedef struct {
  task task;
  const variant *variant;
  char *memory;
  const scratch *scratch;
} bound;

static napi_value refuse(napi_env env, const char *why) {
  napi_throw_error(env, NULL, why);
  return NULL;
}
/* the status is checked where a wrong value could come in */
static napi_value text(napi_env env, const char *s) {
  napi_value made = NULL;
  napi_create_string_utf8(env, s, NAPI_AUTO_LENGTH, &made);
  return made;
}

static napi_value run(napi_env env, napi_callback_info info) {
  void *data;
  if (napi_get_cb_info(env, info, NULL, NULL, NULL, &data) != napi_ok) return NULL;
  const bound *b = data;
  multiply(b->variant, &b->task, b->memory, b->scratch);
  return NULL;
}

static void free_bound(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  free(data);
}

/* The numbers of a task, in the order in which wasm/emit/imported.ts writes them. */
enum { NUMBERS = 23 };
static layout layout_from(const double *x) {
  return (layout){(int64_t)x[0], (int64_t)x[1], (int64_t)x[2], (int64_t)x[3], (int64_t)x[4]};
}
static int task_from(const double *x, task *t) {
  for (int i = 0; i < NUMBERS; i++)
    if (!(x[i] >= -0x1p53 && x[i] <= 0x1p53)) return 0;
  *t = (task){.size = (int64_t)x[0],
              .m = (int64_t)x[1],
              .n = (int64_t)x[2],
              .depth = (int64_t)x[3],
              .batches = (int64_t)x[4],
              .a = layout_from(x + 5),
              .b = layout_from(x + 10),
              .c = layout_from(x + 15),
              .threads = (int64_t)x[20],
              .thread = (int64_t)x[21],
              .next = (int64_t)x[22]};
  return 1;
}

/* the variant of a name, or the best one where none is named; NULL where there is none of that name */
static const variant *variant_from(napi_env env, napi_value name, const thread_data *d) {
  napi_valuetype type;
  if (napi_typeof(env, name, &type) != napi_ok) return NULL;
  if (type == napi_undefined) return &d->variants[0];
  char wanted[16] = "";
  if (napi_get_value_string_utf8(env, name, wanted, sizeof wanted, NULL) != napi_ok) return NULL;
  for (int i = 0; i < d->count; i++)
    if (strcmp(d->variants[i].name, wanted) == 0) return &d->variants[i];
  return NULL;
}

/* the numbers of an array, as long as it lives; NULL for any other value, and for memory that has moved away */
static void *numbers_of(napi_env env, napi_value value, napi_typedarray_type wanted, size_t *length) {
  bool is_array = false;
  napi_typedarray_type type;
  void *data = NULL;
  if (napi_is_typedarray(env, value, &is_array) != napi_ok || !is_array) return NULL;
  if (napi_get_typedarray_info(env, value, &type, length, &data, NULL, NULL) != napi_ok) return NULL;
  return type == wanted && *length > 0 ? data : NULL;
}

/* (memory, numbers, variant?) -> a function that computes the product of that task */
static napi_value bind(napi_env env, napi_callback_info info) {
  size_t count = 3, bytes, numbers;
  napi_value args[3];
  void *data;
  if (napi_get_cb_info(env, info, &count, args, NULL, &data) != napi_ok) return NULL;
  thread_data *d = data;
  char *memory = numbers_of(env, args[0], napi_uint8_array, &bytes);
  if (memory == NULL) return refuse(env, "expected the memory as a Uint8Array, not empty");
  const double *x = numbers_of(env, args[1], napi_float64_array, &numbers);
  task t;
  if (x == NULL || numbers != NUMBERS || !task_from(x, &t)) return refuse(env, "expected the 23 numbers of a product");
  const char *fault = fault_of(&t, bytes);
  if (fault != NULL) {
    char why[96] = "expected ";
    strncat(why, fault, sizeof why - strlen(why) - 1);
    return refuse(env, why);
  }
  const variant *v = variant_from(env, args[2], d);
  if (v == NULL) return refuse(env, "expected the name of a variant that this processor can run");
  if (!reserve(&d->scratch, v, &t)) return refuse(env, "expected memory to pack operands into");
  bound *made = malloc(sizeof *made);
  if (made == NULL) return refuse(env, "expected memory for a product");
  *made = (bound){t, v, memory, &d->scratch};
  napi_value function;
  if (napi_create_function(env, "product", NAPI_AUTO_LENGTH, run, made, &function) != napi_ok) {
    free(made);
    return NULL;
  }
  if (napi_add_finalizer(env, function, made, free_bound, NULL, NULL) != napi_ok) {
    free(made);
    return NULL;
  }
  /* the function keeps the memory that it works on */
  napi_set_named_property(env, function, "memory", args[0]);
  return function;
}

/* (variant?) -> what is wrong with it, or undefined */
static napi_value test(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value arg;
  void *data;
  if (napi_get_cb_info(env, info, &count, &arg, NULL, &data) != napi_ok) return NULL;
  const variant *v = variant_from(env, arg, data);
  if (v == NULL) return refuse(env, "expected the name of a variant that this processor can run");
  const char *wrong = self_test(v);
  return wrong == NULL ? NULL : text(env, wrong);
}

static void free_thread_data(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  release(&((thread_data *)data)->scratch);
  free(data);
}

NAPI_MODULE_INIT() {
  thread_data *d = calloc(1, sizeof *d);
  if (d == NULL || napi_set_instance_data(env, d, free_thread_data, NULL) != napi_ok) {
    free(d);
    return refuse(env, "expected memory for the native products");
  }
  d->count = usable_variants(d->variants);
  napi_value contract, variants, name;
  napi_create_int32(env, CONTRACT, &contract);
  napi_create_array_with_length(env, (size_t)d->count, &variants);
  for (int i = 0; i < d->count; i++) {
    name = text(env, d->variants[i].name);
    napi_set_element(env, variants, (uint32_t)i, name);
  }
  const napi_property_descriptor properties[] = {
      {"version", NULL, NULL, NULL, NULL, text(env, GRADFOLD_VERSION), napi_enumerable, NULL},
      {"contract", NULL, NULL, NULL, NULL, contract, napi_enumerable, NULL},
      {"variants", NULL, NULL, NULL, NULL, variants, napi_enumerable, NULL},
      {"bind", NULL, bind, NULL, NULL, NULL, napi_enumerable, d},
      {"selfTest", NULL, test, NULL, NULL, NULL, napi_enumerable, d},
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
