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

/** A page without its code, in which neither links nor headings are. */
function prose(markdown: string): string {
  return fs.readFileSync(path.join(ROOT, markdown), 'utf8').replaceAll(/^```.*?^```$/gms, '');
}

/** Files and anchors that a page links to. */
function linksOf(markdown: string): { readonly target: string; readonly file: string; readonly anchor?: string }[] {
  return [...prose(markdown).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)[^)]*\)/g)].map(([, target = '']) => {
    const [file = '', anchor] = target.split('#');
    return { target, file: file === '' ? markdown : path.join(path.dirname(markdown), file), anchor };
  });
}

/** Anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  const headings = [...prose(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
  return headings.map((heading) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-'));
}

test('links between pages lead to files and headings that exist', () => {
  const broken = markdownFiles().flatMap((markdown) =>
    linksOf(markdown)
      .filter(({ file, anchor }) => !fs.existsSync(path.join(ROOT, file)) || (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor)))
      .map(({ target }) => `${markdown}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('docs/README.md links to every page', () => {
  const linked = linksOf('docs/README.md').map(({ file }) => file);
  expect(markdownFiles().filter((file) => file.startsWith('docs/') && file !== 'docs/README.md' && !linked.includes(file))).toEqual([]);
});

test('pages of kinds and patterns have the same headings', () => {
  const pages = markdownFiles().filter((file) => /^docs\/(kinds|patterns)\//.test(file) && !file.endsWith('README.md'));
  const headings = new Set(pages.map((file) => [...prose(file).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading).join()));
  expect([...headings]).toEqual(['Usage,Configuration,Validation,Functionality']);
});

test('the program in the README is the one that the packed package is tried with', () => {
  const program = fs.readFileSync(path.join(__dirname, 'consumer/main.ts'), 'utf8');
  expect(fs.readFileSync(path.join(ROOT, 'README.md'), 'utf8')).toContain(`\`\`\`ts\n${program}\`\`\``);
});
