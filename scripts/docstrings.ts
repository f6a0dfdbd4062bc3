/**
 * Public API without its docstring: what the indexes of constructs/ export, with members and methods; optional members of interfaces without
 * `@default`. Part of `npm run lint`. What the model returns (simulations, graphs) is left out.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

const ROOT = path.join(__dirname, '..', 'constructs');

const folders = fs.readdirSync(ROOT).filter((folder) => folder !== 'model');
const indexes = folders.map((folder) => path.join(ROOT, folder, 'index.ts')).filter((file) => fs.existsSync(file));
const program = ts.createProgram(indexes, { noLib: true, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS });
const checker = program.getTypeChecker();

function docOf(node: ts.Node): string {
  return ts.getJSDocCommentsAndTags(node).map((part) => part.getText()).join('\n');
}

function isPublic(node: ts.Node): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Override;
  const flags = ts.canHaveModifiers(node) ? ts.getCombinedModifierFlags(node as ts.Declaration) : ts.ModifierFlags.None;
  return !(flags & hidden) && !(ts.isMethodDeclaration(node) && !node.body);
}

/** Members of what this package returns have no default. */
function isResult(member: ts.Node): boolean {
  return member.getSourceFile().fileName.includes('/validation/');
}

/** Members of the interfaces that a class implements: editors show their docstrings. */
function promises(declaration: ts.ClassDeclaration | ts.InterfaceDeclaration): string[] {
  const clauses = (declaration.heritageClauses ?? []).filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword);
  return clauses.flatMap(({ types }) => types.flatMap((type) => checker.getTypeAtLocation(type).getProperties().map(({ name }) => name)));
}

/** What a declaration lacks. */
function* lacks(declaration: ts.Declaration): Generator<readonly [ts.Node, string]> {
  const name = ts.getNameOfDeclaration(declaration)?.getText() ?? '';
  if (docOf(declaration) === '') {
    yield [declaration, `${name} has no docstring`];
  }
  if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
    const promised = new Set(promises(declaration));
    for (const member of declaration.members) {
      if (ts.isConstructorDeclaration(member) || ts.isIndexSignatureDeclaration(member) || !isPublic(member) || promised.has(member.name?.getText() ?? '')) {
        continue;
      }
      const doc = docOf(member);
      const at = `${name}.${member.name?.getText() ?? ''}`;
      if (!/^\/\*\*\s*(\*\s*)?[^@*\s]/.test(doc)) {
        yield [member, `${at} has no docstring that says what it is`];
      } else if (ts.isPropertySignature(member) && member.questionToken && ts.isInterfaceDeclaration(declaration) && !doc.includes('@default') && !isResult(member)) {
        yield [member, `${at} has no @default`];
      }
    }
  }
}

const found = new Set<string>();
for (const index of indexes) {
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(index)!);
  for (const exported of symbol ? checker.getExportsOfModule(symbol) : []) {
    const original = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    for (const declaration of original.declarations ?? []) {
      const source = declaration.getSourceFile();
      if (source.fileName.startsWith(ROOT) && !source.fileName.includes('/model/') && !source.fileName.includes('/generated/') && !ts.isVariableDeclaration(declaration)) {
        for (const [node, what] of lacks(declaration)) {
          found.add(`${path.relative(path.dirname(ROOT), source.fileName)}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${what}`);
        }
      }
    }
  }
}
process.stdout.write([...found, `${found.size} without a docstring`].join('\n') + '\n');
process.exitCode = found.size > 0 ? 1 : 0;
