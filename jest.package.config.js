/** Tests of the packed package: `npm run test:package`. */
module.exports = {
  ...require('./jest.config.js'),
  testMatch: ['<rootDir>/__tests__/package.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
};
