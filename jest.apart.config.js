/** Tests with a command of their own, for the time they take: the packed package, and the pipelines' steps in a shell. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/__tests__/{package,pipelines}.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
