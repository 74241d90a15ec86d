/**
 * Mutation tests of the parts that decide a verdict. Stryker is no dependency of the project; in a copy of the repository:
 *
 *     npm i --no-save @stryker-mutator/core@9.6.1 @stryker-mutator/jest-runner@9.6.1
 *     MUTATE='harness/tolerances/*.ts' TESTS='test/harness/tolerances/*.test.ts' npx stryker run
 */

const list = (text, otherwise) => (text ?? otherwise).split(' ');

export default {
  testRunner: 'jest',
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: false,
    config: {
      testMatch: list(process.env['TESTS'], 'test/harness/{metrics,tolerances,stages}/**/*.test.ts').map(
        (glob) => `<rootDir>/${glob}`,
      ),
      // Stryker wraps the environment, and cannot load one that is written in TypeScript.
      testEnvironment: 'node',
      reporters: [],
    },
  },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings'],
  mutate: list(process.env['MUTATE'], 'harness/{metrics,tolerances,stages}/**/*.ts'),
  coverageAnalysis: 'perTest',
  concurrency: 1,
  inPlace: true,
  tsconfigFile: 'none', // TypeScript 7 has no interface that Stryker could read it with
  allowEmpty: true,
  reporters: ['clear-text', 'json'],
  jsonReporter: { fileName: process.env['MUTATION_REPORT'] ?? 'reports/out/mutation.json' },
  timeoutMS: 6_000,
};
