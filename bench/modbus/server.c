/*
 * A Modbus/TCP server that answers reads of holding registers (function 3) after a fixed delay, each register holding its
 * own address. It never blocks: while an answer waits for its time, further requests are taken in. C, so that it costs the
 * clients under measurement as little of the machine as possible.
 *
 * Usage: server <delay in ms>. Prints its port on 127.0.0.1. Ends with its standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 16, WAITING = 1024, BUFFER = 4096, ANSWER = 260 };

struct client {
  int fd;
  size_t length;
  unsigned char bytes[BUFFER];
};
struct answer {
  int fd;
  long long due;
  size_t length;
  unsigned char bytes[ANSWER];
};

static struct client clients[CLIENTS];
static struct answer waiting[WAITING]; /* a ring; the delay is the same for all, so it is in order */
static size_t first, count;
static long long delay;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void answer(int fd, const unsigned char *request) {
  struct answer *a = &waiting[(first + count++) % WAITING];
  unsigned offset = request[8] << 8 | request[9], quantity = request[10] << 8 | request[11];
  a->fd = fd;
  a->due = now() + delay;
  a->length = 9 + 2 * quantity;
  memcpy(a->bytes, request, 8);
  a->bytes[4] = 0;
  a->bytes[5] = (unsigned char)(3 + 2 * quantity);
  a->bytes[8] = (unsigned char)(2 * quantity);
  for (unsigned i = 0; i < quantity; i++) {
    a->bytes[9 + 2 * i] = (unsigned char)((offset + i) >> 8);
    a->bytes[10 + 2 * i] = (unsigned char)(offset + i);
  }
}

static void receive(struct client *c) {
  ssize_t got = read(c->fd, c->bytes + c->length, BUFFER - c->length);
  if (got <= 0) {
    close(c->fd);
    c->fd = -1;
    c->length = 0;
    return;
  }
  c->length += (size_t)got;
  size_t used = 0;
  while (c->length - used >= 12 && count < WAITING) {
    answer(c->fd, c->bytes + used);
    used += 12;
  }
  memmove(c->bytes, c->bytes + used, c->length -= used);
}

static void send_due(void) {
  while (count > 0 && waiting[first].due <= now()) {
    if (write(waiting[first].fd, waiting[first].bytes, waiting[first].length) < 0) perror("write");
    first = (first + 1) % WAITING;
    count--;
  }
}

int main(int argc, char **argv) {
  delay = (long long)(atof(argc > 1 ? argv[1] : "0") * 1e6);
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  if (bind(listener, (struct sockaddr *)&at, length) || listen(listener, CLIENTS)) return 1;
  getsockname(listener, (struct sockaddr *)&at, &length);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  for (int i = 0; i < CLIENTS; i++) clients[i].fd = -1;
  for (;;) {
    struct pollfd fds[CLIENTS + 2] = {{listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    for (int i = 0; i < CLIENTS; i++) fds[i + 2] = (struct pollfd){clients[i].fd, POLLIN, 0};
    long long left = count > 0 ? waiting[first].due - now() : 0;
    struct timespec wait = {left > 0 ? left / 1000000000LL : 0, left > 0 ? left % 1000000000LL : 0};
    if (ppoll(fds, CLIENTS + 2, count > 0 ? &wait : NULL, NULL) < 0) return 1;
    if (fds[1].revents) return 0;
    for (int i = 0; i < CLIENTS; i++)
      if (fds[i + 2].revents) receive(&clients[i]);
    if (fds[0].revents) {
      int fd = accept(listener, NULL, NULL);
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      int i = 0;
      while (i < CLIENTS && clients[i].fd >= 0) i++;
      if (i < CLIENTS) clients[i].fd = fd;
      else close(fd);
    }
    send_due();
  }
}
