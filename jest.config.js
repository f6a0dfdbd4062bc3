/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Jest leaves one core for its own process, which has next to nothing to do.
  maxWorkers: '100%',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  testSequencer: '<rootDir>/__tests__/sequencer.js',
  // These two have commands of their own, in jest.apart.config.js: what they run in processes of their own takes as long as all the other tests.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/__tests__/consumer/', '<rootDir>/__tests__/(package|pipelines).test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdktf.out/'],
  // What an importer writes, for the snippets in docs/.
  moduleNameMapper: {
    '^aks-istio/jest$': '<rootDir>/constructs/model/matchers',
    '^aks-istio/(stacks|environments|scenarios)$': '<rootDir>/$1',
    '^aks-istio/(.*)$': '<rootDir>/constructs/$1',
  },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs', ignoreDynamic: true } }],
  },
  setupFiles: ['<rootDir>/__tests__/setup.ts'],
};
