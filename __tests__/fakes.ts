import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** What a fake program does for arguments that match a shell pattern. */
export interface Reply {
  readonly when: string;
  readonly stdout?: unknown;
  readonly stderr?: string;
  readonly code?: number;
  /** Shell commands that it runs besides. */
  readonly also?: string;
}

/** A folder of fake programs, and the record of how they were called. */
export class FakePrograms {
  readonly folder: string;
  private readonly log: string;

  constructor(programs: Readonly<Record<string, readonly Reply[]>>) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-fakes-'));
    this.log = path.join(this.folder, 'calls.log');
    fs.writeFileSync(this.log, '');
    for (const [name, replies] of Object.entries(programs)) {
      fs.writeFileSync(path.join(this.folder, name), this.script(name, replies), { mode: 0o755 });
    }
  }

  /** Every call so far, as `program arguments`. */
  get calls(): string[] {
    return fs.readFileSync(this.log, 'utf8').split('\n').filter(Boolean);
  }

  /** Notes something among the calls that is no program's. */
  note(line: string): void {
    fs.appendFileSync(this.log, `${line}\n`);
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private script(name: string, replies: readonly Reply[]): string {
    const branches = replies.map(({ when, stdout = '', stderr = '', code = 0, also = '' }, index) => {
      const text = typeof stdout === 'string' ? stdout : JSON.stringify(stdout);
      const mark = `END_${index}`;
      const print = [`cat <<'${mark}'\n${text}\n${mark}`, ...(stderr ? [`cat >&2 <<'${mark}'\n${stderr}\n${mark}`] : [])].join('\n');
      return `${when.replace(/ /g, '\\ ')})\n${also}\n${print}\nexit ${code};;`;
    });
    return `#!/bin/sh\necho "${name} $*" >>'${this.log}'\ncase "$*" in\n${branches.join('\n')}\n*) echo "ERROR: fake ${name} does not know: $*" >&2; exit 3;;\nesac\n`;
  }
}
