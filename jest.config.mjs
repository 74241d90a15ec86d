export default {
  testEnvironment: '<rootDir>/matchers/jest-environment.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.[cm]?ts$': '<rootDir>/test/support/esbuild-transformer.mjs' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 60000,
  coverageProvider: 'v8',
  collectCoverageFrom: ['{harness,adapters,reports,cli,matchers}/**/*.ts'],
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.mjs'],
};
