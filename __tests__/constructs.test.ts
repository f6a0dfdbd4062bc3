// A file each in constructs/, run as one: what takes longest is loading the framework, which Jest does anew for each test file.
// One of them alone: npx jest constructs --testNamePattern EgressHost
import * as fs from 'node:fs';
import * as path from 'node:path';
import './constructs/bookinfo';
import './constructs/cluster';
import './constructs/kinds';
import './constructs/mesh';
import './constructs/mesh-checks';
import './constructs/patterns';
import './constructs/traffic';

test('every file of the folder is among them', () => {
  const files = fs.readdirSync(path.join(__dirname, 'constructs')).filter((file) => file.endsWith('.ts'));
  const source = fs.readFileSync(__filename, 'utf8');
  expect(files.filter((file) => !source.includes(`'./constructs/${path.basename(file, '.ts')}'`))).toEqual([]);
});
