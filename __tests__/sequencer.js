const { default: Sequencer } = require('@jest/test-sequencer');

/** The longest first, so that the two workers end together. Jest goes by the size of the files where it has not run them before. */
const LONGEST = ['docs', 'cli-parts', 'cli', 'constructs', 'platform', 'model', 'local-cluster', 'scenarios', 'stacks', 'environments'];

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => (LONGEST.findIndex((name) => path.endsWith(`/${name}.test.ts`)) + LONGEST.length + 1) % (LONGEST.length + 1);
    return [...tests].sort((a, b) => rank(a) - rank(b));
  }
};
