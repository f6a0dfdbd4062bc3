import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

/** What a name at the top of a file stands for. */
type Meaning = { readonly kind: 'import'; readonly from: string } | { readonly kind: 'declaration'; readonly statement: ts.Statement; readonly file: string };

interface Module {
  readonly source: ts.SourceFile;
  readonly names: ReadonlyMap<string, Meaning>;
}

const TRAFFIC = 'BookinfoTraffic';

/**
 * The code of each scenario as a module that compiles by itself: its `apply` as a function, with what it uses of its own file and of its neighbours,
 * and with imports from the package. Taken from the sources, so that it is what runs.
 */
export class ScenarioSnippets {
  private readonly modules = new Map<string, Module>();
  private readonly methods = new Map<string, { readonly file: string; readonly method: ts.MethodDeclaration }>();

  constructor(private readonly folder: string) {
    for (const name of fs.readdirSync(folder)) {
      const file = path.join(folder, name);
      const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
      this.modules.set(file, { source, names: new Map(source.statements.flatMap((statement) => namesOf(statement, file))) });
      this.findMethods(source, file);
    }
  }

  /** @throws Error where there is no such scenario, or it uses what the package does not offer */
  of(scenario: string): string {
    const found = this.methods.get(scenario);
    if (!found) {
      throw new Error(`no source says apply of ${scenario}`);
    }
    const { file, method } = found;
    const imports = new Map<string, Set<string>>([['aks-istio/bookinfo', new Set([TRAFFIC])]]);
    const declarations: ts.Statement[] = [];
    this.collect(method, file, imports, declarations);
    const parameter = method.parameters[0]?.getText() ?? '';
    const head = `export function apply(${parameter}: ${TRAFFIC}): void `;
    const lines = [...imports].sort().map(([from, names]) => `import { ${[...names].sort().join(', ')} } from '${from}';`);
    const own = declarations.map((statement) => statement.getText().replace(/^export /, ''));
    return [lines.join('\n'), ...own, `${head}${(method.body?.getText() ?? '{}').replaceAll(/^ {2}/gm, '')}`].join('\n\n');
  }

  private findMethods(source: ts.SourceFile, file: string): void {
    const visit = (node: ts.Node): void => {
      const members = ts.isObjectLiteralExpression(node) ? node.properties : [];
      const name = members.find((member) => ts.isPropertyAssignment(member) && member.name.getText() === 'name');
      const apply = members.find((member) => ts.isMethodDeclaration(member) && member.name.getText() === 'apply');
      if (apply && ts.isMethodDeclaration(apply) && name && ts.isPropertyAssignment(name) && ts.isStringLiteral(name.initializer)) {
        this.methods.set(name.initializer.text, { file, method: apply });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }

  /** Adds what a piece of code uses, what comes first first. */
  private collect(node: ts.Node, file: string, imports: Map<string, Set<string>>, declarations: ts.Statement[]): void {
    for (const name of usedIn(node)) {
      const meaning = this.meaningOf(name, file);
      if (meaning?.kind === 'import') {
        const from = publicName(meaning.from, name);
        imports.set(from, (imports.get(from) ?? new Set()).add(name));
      } else if (meaning && meaning.statement !== node && !declarations.includes(meaning.statement)) {
        this.collect(meaning.statement, meaning.file, imports, declarations);
        declarations.push(meaning.statement);
      }
    }
  }

  private meaningOf(name: string, file: string): Meaning | undefined {
    const meaning = this.modules.get(file)?.names.get(name);
    return meaning?.kind === 'import' && meaning.from.startsWith('./') ? this.meaningOf(name, path.join(this.folder, `${meaning.from}.ts`)) : meaning;
  }
}

function namesOf(statement: ts.Statement, file: string): [string, Meaning][] {
  if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
    const bindings = statement.importClause?.namedBindings;
    const from = statement.moduleSpecifier.text;
    return bindings && ts.isNamedImports(bindings) ? bindings.elements.map((element) => [element.name.text, { kind: 'import', from }]) : [];
  }
  const declared = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map((declaration) => declaration.name.getText())
    : ts.isFunctionDeclaration(statement) || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
      ? [statement.name?.text ?? '']
      : [];
  return declared.map((name) => [name, { kind: 'declaration', statement, file }]);
}

/** Names that a piece of code reads; those of members are not names of their own. */
function usedIn(node: ts.Node): Set<string> {
  const names = new Set<string>();
  const visit = (child: ts.Node): void => {
    if (ts.isIdentifier(child)) {
      names.add(child.text);
    } else if (ts.isPropertyAccessExpression(child)) {
      visit(child.expression);
    } else if (ts.isPropertyAssignment(child)) {
      visit(child.initializer);
    } else {
      ts.forEachChild(child, visit);
    }
  };
  visit(node);
  return names;
}

/** `../constructs/traffic/match` is `aks-istio/traffic` to those who have the package. */
function publicName(from: string, name: string): string {
  const part = /^\.\.\/constructs\/([^/]+)/.exec(from)?.[1];
  if (part === undefined && from.startsWith('.')) {
    throw new Error(`${name} of ${from} is not for those who have the package: a scenario uses constructs alone`);
  }
  return part === undefined ? from : `aks-istio/${part}`;
}
