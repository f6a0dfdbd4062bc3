import { TerraformStack } from 'cdktf';
import type { IConstruct } from 'constructs';
import type { IMesh } from '../mesh/mesh';
import { DestinationRule } from '../traffic/destination-rule';

/** The DestinationRules that the whole program has for a host of a mesh, those of the scope's stack first. */
export function rulesOfHost(scope: IConstruct, host: string, mesh: IMesh | undefined): readonly DestinationRule[] {
  const stack = TerraformStack.of(scope);
  const isMeant = (child: IConstruct): child is DestinationRule => child instanceof DestinationRule && child.host === host && child.mesh === mesh;
  const rules = scope.node.root.node.findAll().filter(isMeant);
  const isNear = (rule: DestinationRule): boolean => TerraformStack.of(rule) === stack;
  return [...rules.filter(isNear), ...rules.filter((rule) => !isNear(rule))];
}

/** Has the stack of one applied after that of another, where the other does not wait for it already. */
export function followStackOf(scope: IConstruct, other: IConstruct): void {
  const [stack, before] = [TerraformStack.of(scope), TerraformStack.of(other)];
  if (stack !== before && !before.dependsOn(stack)) {
    stack.addDependency(before);
  }
}
