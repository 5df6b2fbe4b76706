import { defineConfig } from 'vitest/config';

/**
 * Three projects, so that each can be run alone:
 * `unit` is pure logic and in-process peers, `peers` needs the programs `.ci/run` installs (mosquitto, pymodbus, libmodbus),
 * `node-red` packs the tarball and drives real Node-RED processes and a real browser.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], environment: 'node' } },
      {
        test: { name: 'peers', include: ['test/peers/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000 },
      },
      {
        test: {
          name: 'node-red',
          include: ['test/node-red/**/*.test.ts'],
          globalSetup: ['test/node-red/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
