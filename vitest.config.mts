import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

/** `expect.poll` waits for an event, not for a time: on a busy machine that may take longer than vitest's one second. */
const expectPoll = { poll: { timeout: 10_000 } };

/**
 * Left to itself, vitest keeps one of the cores for itself: half of them, where there are two. One more than there are, since the
 * tests against other programs mostly wait for those.
 */
const maxWorkers = Math.max(2, availableParallelism()) + 1;

const project = (test: TestProjectInlineConfiguration['test']): TestProjectInlineConfiguration => ({
  test: { expect: expectPoll, maxWorkers, ...test },
});

/**
 * Four projects, so that each can be run alone:
 * `unit` is pure logic and in-process peers, one process for many files: nothing below `src/node-red` keeps a state of its own;
 * `unit-node-red` is the same for what does, a process for each file;
 * `peers` needs the programs `.ci/run` installs (mosquitto, pymodbus, libmodbus);
 * `node-red` packs the tarball and drives real Node-RED processes and a real browser.
 */
export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      project({
        name: 'unit',
        include: ['test/unit/**/*.test.ts'],
        exclude: ['test/unit/node-red/**'],
        testTimeout: 20_000,
        isolate: false,
      }),
      project({
        name: 'unit-node-red',
        include: ['test/unit/node-red/**/*.test.ts'],
        testTimeout: 20_000,
      }),
      project({
        name: 'peers',
        include: ['test/peers/**/*.test.ts'],
        testTimeout: 30_000,
        hookTimeout: 30_000,
      }),
      project({
        name: 'node-red',
        include: ['test/node-red/**/*.test.ts'],
        globalSetup: ['test/node-red/global-setup.ts'],
        testTimeout: 60_000,
        hookTimeout: 120_000,
      }),
    ],
  },
});
