// The parts of cli/, a file each, run as one: see constructs.test.ts.
import './cli/check';
import './cli/doctor';
import './cli/engine';
import './cli/verify';
import { missingParts } from './parts';

test('every file of the folder is among them', () => expect(missingParts(__filename, 'cli')).toEqual([]));
