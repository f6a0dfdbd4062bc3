// A file each in constructs/, run as one: what takes longest is loading the framework, which Jest does anew for each test file.
// One of them alone: npx jest constructs --testNamePattern EgressHost
import './constructs/bookinfo';
import './constructs/cluster';
import './constructs/kinds';
import './constructs/mesh';
import './constructs/mesh-checks';
import './constructs/patterns';
import './constructs/traffic';
import { missingParts } from './parts';

test('every file of the folder is among them', () => expect(missingParts(__filename, 'constructs')).toEqual([]));
