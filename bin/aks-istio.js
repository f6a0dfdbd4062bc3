#!/usr/bin/env node
'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const source = join(__dirname, '..', 'cli', 'main.ts');
if (existsSync(source)) {
  // A checkout runs from source.
  require('tsx/cjs');
  require(source).main();
} else {
  require(join(__dirname, '..', 'dist', 'cli', 'main.js')).main();
}
