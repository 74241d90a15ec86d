export default {
  testEnvironment: '<rootDir>/matchers/jest-environment.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.[cm]?ts$': '<rootDir>/test/support/esbuild-transformer.mjs' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 60000,
  maxWorkers: '100%', // Jest leaves one core idle otherwise: on two cores it would run in one process
  coverageProvider: 'v8',
  collectCoverageFrom: ['{harness,adapters,reports,cli,matchers}/**/*.ts'],
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.mjs'],
};
