// Scans what `prod` synthesises with checkov and with scanners of Kubernetes objects: npm run scan [-- <environment> <flavour>]
// With --write as well, the figures and the list in docs/security-scan.md are made anew.
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Exception, exceptionTable, isExpected, readExceptions, unused } from './scan/exceptions';
import { Report, runCheckov, runKubeLinter, runKubeScore } from './scan/scanners';
import { writeSubjects } from './scan/subjects';
import { checkov, goProgram, VERSIONS } from './scan/tools';

const EXCEPTIONS = path.join(__dirname, 'scan-exceptions.yaml');
const PAGE = path.join(__dirname, '..', 'docs', 'security-scan.md');

function main(environment = 'prod', flavor = 'helm'): number {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-scan-'));
  try {
    const { terraform, kubernetes, objects } = writeSubjects(environment, flavor, folder);
    const program = checkov();
    const reports: Report[] = [runCheckov(program, 'terraform', terraform), runCheckov(program, 'kubernetes', kubernetes)];
    for (const [name, run] of [['kube-score', runKubeScore], ['kube-linter', runKubeLinter]] as const) {
      const scanner = goProgram(name);
      if (scanner) {
        reports.push(run(scanner, objects));
      } else {
        console.log(`${name} ${VERSIONS[name]}: not here, and could not be installed: skipped`);
      }
    }
    const exceptions = readExceptions(EXCEPTIONS);
    if (process.argv.includes('--write')) {
      write(reports, exceptions, `${environment}, Istio by ${flavor}`);
    }
    return print(reports, exceptions, `${environment}, Istio by ${flavor}`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function write(reports: readonly Report[], exceptions: readonly Exception[], subject: string): void {
  const rows = reports.map(({ tool, passed, findings }) => {
    const listed = findings.filter((finding) => isExpected(finding, exceptions)).length;
    return `| ${tool} | ${versionOf(tool)} | ${passed} | ${listed} | ${findings.length - listed} |`;
  });
  const figures = [`${subject}:`, '', '| scanner | version | passed | failed, on the list | failed, not on the list |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
  const page = fs.readFileSync(PAGE, 'utf8');
  fs.writeFileSync(PAGE, between(between(page, 'figures', figures), 'exceptions', exceptionTable(exceptions)));
}

function versionOf(tool: string): string {
  return VERSIONS[tool.split(' ')[0] as keyof typeof VERSIONS];
}

function between(page: string, name: string, content: string): string {
  return page.replace(new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- end of ${name} -->)`), (_match, start: string, end: string) => `${start}${content}\n${end}`);
}

function print(reports: readonly Report[], exceptions: readonly Exception[], subject: string): number {
  console.log(`\n${subject}\n`);
  for (const { tool, passed, findings } of reports) {
    const unexpected = findings.filter((finding) => !isExpected(finding, exceptions));
    console.log(`${tool.padEnd(20)} ${String(passed).padStart(4)} passed, ${findings.length - unexpected.length} on the list, ${unexpected.length} not`);
    unexpected.forEach(({ check, title, resource }) => console.log(`  ${check} ${resource}: ${title}`));
  }
  const all = reports.flatMap(({ findings }) => findings);
  const idle = unused(exceptions, all, reports.map(({ tool }) => tool));
  idle.forEach(({ tool, check }) => console.log(`  ${tool} ${check} is on the list, and nothing needs it`));
  return idle.length > 0 || all.some((finding) => !isExpected(finding, exceptions)) ? 1 : 0;
}

const [environment, flavor] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
process.exitCode = main(environment, flavor);
