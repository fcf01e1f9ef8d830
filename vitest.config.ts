import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    setupFiles: ['test/lib/seed.ts'],
    globalSetup: ['libs/postgres/src/testing/global-setup.ts'],
    include: [
      '{libs,modules,apps}/*/test/**/*.test.ts',
      '{kernel,bench,simulation,test}/test/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
