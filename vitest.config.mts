import { defineConfig } from 'vitest/config';

/** `expect.poll` waits for an event, not for a time: on a busy machine that may take longer than vitest's one second. */
const expectPoll = { poll: { timeout: 10_000 } };

/**
 * Three projects, so that each can be run alone:
 * `unit` is pure logic and in-process peers, `peers` needs the programs `.ci/run` installs (mosquitto, pymodbus, libmodbus),
 * `node-red` packs the tarball and drives real Node-RED processes and a real browser.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          expect: expectPoll,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'peers',
          include: ['test/peers/**/*.test.ts'],
          expect: expectPoll,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'node-red',
          include: ['test/node-red/**/*.test.ts'],
          globalSetup: ['test/node-red/global-setup.ts'],
          expect: expectPoll,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
