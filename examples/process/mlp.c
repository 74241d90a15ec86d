// A hand-written network in C as a subject of layerdiff: reads inputs and parameters from safetensors, writes its trace as one.
// It reads the three paths from the environment, runs once, and ends with 0: no JSON on standard input is needed.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { B = 16, I = 64, H1 = 48, H2 = 32, C = 10 };

// ---- safetensors: 8 bytes of length, a JSON header, the data

static char *header, *data;

static void load(const char *path) {
  FILE *f = fopen(path, "rb");
  uint64_t n;
  if (!f || fread(&n, 8, 1, f) != 1) { fprintf(stderr, "cannot read %s\n", path); exit(1); }
  header = calloc(n + 1, 1);
  if (fread(header, 1, n, f) != n) exit(1);
  long start = ftell(f);
  fseek(f, 0, SEEK_END);
  long size = ftell(f) - start;
  fseek(f, start, SEEK_SET);
  data = malloc(size);
  if (fread(data, 1, size, f) != (size_t)size) exit(1);
  fclose(f);
}

// The data of a tensor: finds "name": { … "data_offsets": [begin, end] } in the header.
static void *tensor(const char *name) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  char *at = strstr(header, key);
  if (!at || !(at = strstr(at, "\"data_offsets\":["))) { fprintf(stderr, "there is no tensor %s\n", name); exit(1); }
  return data + strtol(at + 16, NULL, 10);
}

static char out_header[8192] = "{\"__metadata__\":{\"format\":\"layerdiff-trace\",\"producer\":\"mlp.c\"}";
static char out_data[1 << 20];
static size_t out_size;

static void put(const char *kind, const char *name, int rows, int columns, const float *x) {
  size_t bytes = sizeof(float) * (rows ? rows : 1) * (columns ? columns : 1);
  char shape[32] = "";
  if (rows && columns) snprintf(shape, sizeof shape, "%d,%d", rows, columns);
  else if (rows) snprintf(shape, sizeof shape, "%d", rows);
  sprintf(out_header + strlen(out_header), ",\"%s/%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}", kind, name, shape, out_size, out_size + bytes);
  memcpy(out_data + out_size, x, bytes);
  out_size += bytes;
}

static void save(const char *path) {
  FILE *f = fopen(path, "wb");
  strcat(out_header, "}");
  uint64_t n = strlen(out_header);
  fwrite(&n, 8, 1, f);
  fwrite(out_header, 1, n, f);
  fwrite(out_data, 1, out_size, f);
  if (fclose(f)) exit(1);
}

// ---- the layers, forward beside backward

static void linear(float *y, const float *x, const float *w, const float *b, int in, int out) {
  for (int n = 0; n < B; n++)
    for (int o = 0; o < out; o++) {
      float s = b[o];
      for (int i = 0; i < in; i++) s += x[n * in + i] * w[o * in + i];
      y[n * out + o] = s;
    }
}

static void linear_backward(float *dx, float *dw, float *db, const float *dy, const float *x, const float *w, int in, int out) {
  for (int n = 0; n < B; n++)
    for (int o = 0; o < out; o++) {
      db[o] += dy[n * out + o];
      for (int i = 0; i < in; i++) {
        dx[n * in + i] += dy[n * out + o] * w[o * in + i];
        dw[o * in + i] += dy[n * out + o] * x[n * in + i];
      }
    }
}

#define BUFFER(name, size) static float name[size]
BUFFER(z1, B * H1); BUFFER(t1, B * H1); BUFFER(z2, B * H2); BUFFER(s2, B * H2); BUFFER(z3, B * C); BUFFER(loss, 1);
BUFFER(dx, B * I); BUFFER(dz1, B * H1); BUFFER(dt1, B * H1); BUFFER(dz2, B * H2); BUFFER(ds2, B * H2); BUFFER(dz3, B * C);
BUFFER(dw1, H1 * I); BUFFER(db1, H1); BUFFER(dw2, H2 * H1); BUFFER(db2, H2); BUFFER(dw3, C * H2); BUFFER(db3, C);

int main(void) {
  load(getenv("LAYERDIFF_PARAMETERS"));
  const float *w1 = tensor("fc1.weight"), *b1 = tensor("fc1.bias"), *w2 = tensor("fc2.weight"), *b2 = tensor("fc2.bias");
  const float *w3 = tensor("fc3.weight"), *b3 = tensor("fc3.bias");
  load(getenv("LAYERDIFF_INPUTS"));
  const float *x = tensor("input");
  const int64_t *target = tensor("target");

  linear(z1, x, w1, b1, I, H1);
  for (int i = 0; i < B * H1; i++) t1[i] = tanhf(z1[i]);
  linear(z2, t1, w2, b2, H1, H2);
  for (int i = 0; i < B * H2; i++) s2[i] = 1 / (1 + expf(-z2[i]));
  linear(z3, s2, w3, b3, H2, C);
  for (int n = 0; n < B; n++) { // mean cross-entropy of softmax, and its gradient
    const float *row = z3 + n * C;
    float top = row[0], sum = 0;
    for (int c = 1; c < C; c++) top = fmaxf(top, row[c]);
    for (int c = 0; c < C; c++) sum += expf(row[c] - top);
    loss[0] -= (row[target[n]] - top - logf(sum)) / B;
    for (int c = 0; c < C; c++) dz3[n * C + c] = (expf(row[c] - top) / sum - (c == target[n])) / B;
  }

  linear_backward(ds2, dw3, db3, dz3, s2, w3, H2, C);
  for (int i = 0; i < B * H2; i++) dz2[i] = ds2[i] * s2[i] * (1 - s2[i]);
  linear_backward(dt1, dw2, db2, dz2, t1, w2, H1, H2);
  for (int i = 0; i < B * H1; i++) dz1[i] = dt1[i] * (1 - t1[i] * t1[i]);
  linear_backward(dx, dw1, db1, dz1, x, w1, I, H1);

  put("value", "input", B, I, x), put("gradient", "input", B, I, dx);
  put("value", "fc1", B, H1, z1), put("gradient", "fc1", B, H1, dz1);
  put("value", "tanh", B, H1, t1), put("gradient", "tanh", B, H1, dt1);
  put("value", "fc2", B, H2, z2), put("gradient", "fc2", B, H2, dz2);
  put("value", "sigmoid", B, H2, s2), put("gradient", "sigmoid", B, H2, ds2);
  put("value", "output", B, C, z3), put("gradient", "output", B, C, dz3);
  put("value", "loss", 0, 0, loss);
  put("value", "fc1.weight", H1, I, w1), put("gradient", "fc1.weight", H1, I, dw1);
  put("value", "fc1.bias", H1, 0, b1), put("gradient", "fc1.bias", H1, 0, db1);
  put("value", "fc2.weight", H2, H1, w2), put("gradient", "fc2.weight", H2, H1, dw2);
  put("value", "fc2.bias", H2, 0, b2), put("gradient", "fc2.bias", H2, 0, db2);
  put("value", "fc3.weight", C, H2, w3), put("gradient", "fc3.weight", C, H2, dw3);
  put("value", "fc3.bias", C, 0, b3), put("gradient", "fc3.bias", C, 0, db3);
  save(getenv("LAYERDIFF_TRACE"));
  return 0;
}
