import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as ts from 'typescript';

const ROOT = path.join(__dirname, '..');
// Inside the checkout, so that packages resolve as they do for its own sources; of this run alone, since another may be under way.
const FOLDER = path.join(ROOT, '__tests__', `.snippets-${process.pid}`);

interface Snippet {
  /** Where it stands, as `docs/traffic.md:12`. */
  readonly at: string;
  readonly file: string;
}

function markdownFiles(): string[] {
  const docs = fs.readdirSync(path.join(ROOT, 'docs'), { recursive: true }) as string[];
  return ['README.md', ...docs.filter((file) => file.endsWith('.md')).map((file) => path.join('docs', file))].sort();
}

function extract(): Snippet[] {
  fs.rmSync(FOLDER, { recursive: true, force: true });
  fs.mkdirSync(FOLDER, { recursive: true });
  return markdownFiles().flatMap((markdown) => {
    const text = fs.readFileSync(path.join(ROOT, markdown), 'utf8');
    return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => {
      const line = text.slice(0, match.index).split('\n').length + 1;
      const file = path.join(FOLDER, `${markdown.replaceAll(/\W/g, '-')}-${line}.ts`);
      fs.writeFileSync(file, match[1]);
      return { at: `${markdown}:${line}`, file };
    });
  });
}

const snippets = extract();

afterAll(() => fs.rmSync(FOLDER, { recursive: true, force: true }));

test('every snippet in the documentation compiles', () => {
  const { options } = ts.parseJsonConfigFileContent(
    {
      compilerOptions: {
        target: 'ES2022',
        lib: ['lib.es2023.d.ts'],
        module: 'nodenext',
        moduleResolution: 'nodenext',
        strict: true,
        skipLibCheck: true,
        noEmit: true,
        types: ['node', 'jest'],
        baseUrl: ROOT,
        paths: { 'aks-istio/jest': ['./constructs/model/matchers.ts'], 'aks-istio/*': ['./constructs/*/index.ts', './*/index.ts'] },
      },
    },
    ts.sys,
    ROOT,
  );
  const program = ts.createProgram(snippets.map(({ file }) => file), options);
  const byFile = new Map(snippets.map(({ file, at }) => [file, at]));
  const messages = snippets
    .flatMap(({ file }) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map((diagnostic) => {
      const { line = 0 } = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0) ?? {};
      const at = byFile.get(diagnostic.file?.fileName ?? '');
      return `${at} line ${line + 1} of the snippet: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`;
    });
  expect(messages).toEqual([]);
}, 30_000);

describe('every snippet runs', () => {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-docs-'));
  beforeAll(() => (process.env.CDKTF_OUTDIR = outdir));
  afterAll(() => {
    delete process.env.CDKTF_OUTDIR;
    fs.rmSync(outdir, { recursive: true, force: true });
  });

  // One that synthesises must leave stacks behind; one that does not (an environment, a test) has only to load.
  test.each(snippets)('$at', ({ file }) => {
    require(file);
    if (fs.readFileSync(file, 'utf8').includes('app.synth()')) {
      expect(fs.readdirSync(path.join(outdir, 'stacks')).length).toBeGreaterThan(0);
      fs.rmSync(path.join(outdir, 'stacks'), { recursive: true });
    }
  });
});

test('links between pages lead somewhere', () => {
  const broken = markdownFiles().flatMap((markdown) => {
    const text = fs.readFileSync(path.join(ROOT, markdown), 'utf8');
    return [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1]!)
      .filter((target) => !fs.existsSync(path.join(ROOT, path.dirname(markdown), target)))
      .map((target) => `${markdown}: ${target}`);
  });
  expect(broken).toEqual([]);
});

test('the program in the README is the one that the packed package is tried with', () => {
  const program = fs.readFileSync(path.join(__dirname, 'consumer/main.ts'), 'utf8');
  expect(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')).toContain(`\`\`\`ts\n${program}\`\`\``);
});
