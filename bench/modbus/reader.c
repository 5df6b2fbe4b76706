/*
 * Reads blocks of holding registers with libmodbus, one after the other, again and again.
 * Usage: reader <port> <cycles> <offset>:<quantity>... Prints the median time of a cycle in ms.
 */
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int argc, char **argv) {
  int cycles = atoi(argv[2]);
  double *times = calloc((size_t)cycles, sizeof *times);
  uint16_t registers[MODBUS_MAX_READ_REGISTERS];
  modbus_t *device = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
  if (modbus_connect(device) < 0) return 1;
  modbus_set_slave(device, 1);
  for (int cycle = 0; cycle < cycles; cycle++) {
    double begin = now();
    for (int i = 3; i < argc; i++) {
      int offset, quantity;
      sscanf(argv[i], "%d:%d", &offset, &quantity);
      if (modbus_read_registers(device, offset, quantity, registers) != quantity) return 1;
      if (registers[0] != offset || registers[quantity - 1] != offset + quantity - 1) return 2;
    }
    times[cycle] = now() - begin;
  }
  qsort(times, (size_t)cycles, sizeof *times, ascending);
  printf("%f\n", times[cycles / 2]);
  modbus_close(device);
  modbus_free(device);
  return 0;
}
