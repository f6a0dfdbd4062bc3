import type { TerraformResourceLifecycle } from 'cdktf';

/** Lifecycle rules of a resource; none rather than an empty block. */
export function lifecycleOf(preventDestroy = false, ignoreChanges: string[] = []): TerraformResourceLifecycle | undefined {
  return preventDestroy || ignoreChanges.length > 0
    ? { ...(preventDestroy ? { preventDestroy } : {}), ...(ignoreChanges.length > 0 ? { ignoreChanges } : {}) }
    : undefined;
}
