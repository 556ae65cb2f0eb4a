// Takes out of the wasm module what the page never calls but no optimiser may drop by itself.

import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const require = createRequire(path.join(process.env.TOOLS, "node", "package.json"));

// Leptos gives each kind of view one table of what can be done with it. Two of the entries are for pages we do not have:
// `hydrate_async` takes over a view within a <Suspense> that is still loading, and `hydrate_from_template` one that was
// copied from a <template>. Together they are a seventh of the module. A call to an emptied function ends the program at
// once, so a page that came to need one would not pass a single browser test.
//
// Only these functions themselves, not the closures in them: the compiler keeps one copy of functions that came out the
// same, under the name of any of them. What only they call goes by itself.
const EMPTIED = /(into_any(_attr)?::hydrate_(async|from_template)|RenderHtml for F>::hydrate_async)(?!.*\{\{closure)/;

/** The module without those, and without the exports that `script`, which loads it, does not use. */
export async function trim(bytes, script) {
  const { default: binaryen } = await import(pathToFileURL(require.resolve("binaryen")));
  // The names stay until the functions are sorted by them.
  binaryen.setDebugInfo(true);
  const module = binaryen.readBinary(bytes);
  const { MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt, NontrappingFPToInt, ReferenceTypes, Multivalue, CallIndirectOverlong } = binaryen.Features;
  module.setFeatures(MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt | NontrappingFPToInt | ReferenceTypes | Multivalue | CallIndirectOverlong);
  let emptied = 0;
  for (let index = 0; index < module.getNumFunctions(); index += 1) {
    const reference = module.getFunctionByIndex(index);
    const { name, module: imported } = binaryen.getFunctionInfo(reference);
    if (imported || !EMPTIED.test(name)) continue;
    binaryen.Function.setBody(reference, module.unreachable());
    emptied += 1;
  }
  if (emptied === 0) throw new Error("found none of the functions to empty: has Leptos renamed them?");
  const used = new Set([...script.matchAll(/\.([A-Za-z_$][\w$]*)/g)].map(([, name]) => name));
  const unused = [];
  for (let index = 0; index < module.getNumExports(); index += 1) {
    const { name } = binaryen.getExportInfo(module.getExportByIndex(index));
    if (!used.has(name)) unused.push(name);
  }
  for (const name of unused) module.removeExport(name);
  console.log(`(trim: emptied ${emptied} functions, dropped ${unused.length} exports)`);
  return module.emitBinary();
}
