import * as fs from 'node:fs';
import { parse } from 'yaml';

/** One finding of a scanner. */
export interface Finding {
  readonly tool: string;
  readonly check: string;
  /** What the check is about, in the scanner's words. */
  readonly title: string;
  /** Terraform address, or `Kind namespace/name`. */
  readonly resource: string;
}

/** A check that need not pass, and why. */
export interface Exception {
  readonly tool: string;
  readonly check: string;
  readonly title: string;
  /** Beginning of the resources that it is for, or a regular expression between slashes. @default all */
  readonly resource?: string;
  readonly reason: string;
}

/** Reads the one list of what need not pass. */
export function readExceptions(file: string): Exception[] {
  return parse(fs.readFileSync(file, 'utf8')) as Exception[];
}

/** Whether a finding is on the list. */
export function isExpected({ tool, check, resource }: Finding, exceptions: readonly Exception[]): boolean {
  return exceptions.some((exception) => exception.tool === tool && exception.check === check && covers(exception, resource));
}

function covers({ resource: pattern = '' }: Exception, resource: string): boolean {
  const expression = /^\/(.*)\/$/.exec(pattern)?.[1];
  return expression === undefined ? resource.startsWith(pattern) : new RegExp(expression).test(resource);
}

/** Exceptions that nothing needs any more. */
export function unused(exceptions: readonly Exception[], findings: readonly Finding[], tools: readonly string[]): Exception[] {
  return exceptions.filter((exception) => tools.includes(exception.tool) && !findings.some((finding) => isExpected(finding, [exception])));
}

/** The list as a table of Markdown. */
export function exceptionTable(exceptions: readonly Exception[]): string {
  // A pipe would end the cell.
  const where = (resource = '') => (resource === '' ? '' : ` (\`${resource.replaceAll('|', '\\|')}\`)`);
  const rows = exceptions.map(({ tool, check, title, resource, reason }) => `| ${tool} | ${check} | ${title}${where(resource)} | ${reason} |`);
  return ['| tool | check | asks for | why not |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
