import { openLinkageDatabase } from "@c360/platform/src/adapters/embedded/linkage/linkageDatabase.ts";
import { link } from "@c360/platform/src/identity/linkage/link.ts";
import { clusterByAverage } from "@c360/platform/src/identity/linkage/cluster.ts";
import { evaluate } from "@c360/platform/src/identity/linkage/evaluate.ts";
import { measure } from "@c360/platform/src/identity/linkage/results.ts";
const S="/work/shared/data/identity";
const sets: Record<string, any> = {
  fake: { files:[`${S}/fake_1000/fake_1000.csv`], id:"unique_id", truth:"cluster" },
  hist: { files:[`${S}/historical_25k/historical_25k.csv`], id:"unique_id", truth:"cluster" },
  febrl: { files:["/tmp/lk/febrl_a.csv","/tmp/lk/febrl_b.csv"], id:"rec_id", truth:"truth" },
  p100: { files:["/tmp/lk/people_100000.csv"], id:"record_id", truth:"person_id", ignore:["household_id"] },
  p100h: { files:["/tmp/lk/people_100000_single.csv"], id:"record_id", truth:"person_id", ignore:["household_id"] },
  p1m: { files:["/tmp/lk/people_1000000.csv"], id:"record_id", truth:"person_id", ignore:["household_id"] },
};
for (const name of process.argv.slice(2).filter(a=>!a.startsWith("-"))) {
  const set = sets[name]; const cpu = process.cpuUsage();
  const db = await openLinkageDatabase({ spillDirectory: "/tmp/lk/spill" });
  const stages: [string, number][] = []; const now = () => { const u = process.cpuUsage(cpu); return u.user + u.system; };
  const r = await link(db, { tables: set.files.map((file: string)=>({file,label:file,idColumn:set.id})), truthColumn:set.truth, types:new Map((set.ignore??[]).map((c:string)=>[c,"ignore"])), onProgress: (st, part) => { if (stages.at(-1)?.[0] !== st) stages.push([st, now()]); } }); const u2 = now();
  { const sql = "SELECT l, r, number FROM compared JOIN compared_patterns USING (pattern)"; const [left, right, num] = (process.argv.includes("-s") || process.argv.includes("-e")) ? await db.numbers(sql, 3, r.pairs) : [[], [], []] as any; (r as any).scored = { left, right, weight: Float32Array.from(num, (x: number) => r.scores.weights[x]!) }; }
  const u = process.cpuUsage(cpu);
  const me = await measure(db, r); const e = me.clusters; console.log(`   pairs@.9 F1 ${me.pairs.f1.toFixed(4)} P ${me.pairs.precision.toFixed(4)} R ${me.pairs.recall.toFixed(4)}  cal ` + me.pairs.calibration.map((c) => `${c.meanProbability.toFixed(2)}:${c.rightShare.toFixed(2)}(${c.pairs})`).join(' '));
  console.log(`== ${name} F1 ${e.f1.toFixed(4)} P ${e.precision.toFixed(4)} R ${e.recall.toFixed(4)} B3 ${e.bCubed.f1.toFixed(4)} block ${e.blockingRecall.toFixed(4)} largest ${e.largestCluster}/${e.largestTrueCluster} pairs ${r.pairs} cpu ${((u.user+u.system)/1e6).toFixed(1)} rss ${(process.resourceUsage().maxRSS/1024).toFixed(0)}MB em ${r.estimate.iterations} M ${r.estimate.matchPairs.toFixed(0)} H ${r.estimate.householdPairs.toFixed(0)} true ${e.truePairs}`);
  if (process.argv.includes("-v")) {
    console.log(r.tables.columns.map(t=>t.map(c=>`${c.name}:${c.type}`).join(" ")).join(" | "));
    console.log(stages.map(([n, c], i) => `${n} ${(((stages[i+1]?.[1] ?? u2) - c)/1e6).toFixed(2)}`).join("  "));
    console.log(r.blocks.map(b=>`${b.rule}: ${b.pairs} (${b.largestBlock})`).join("\n"));
  }
  if (process.argv.includes("-m")) for (const [k,c] of r.comparisons.entries()) { console.log(c.name); c.levels.forEach((l,i)=>{ const sum=(a:Float64Array)=>a.filter((_,o)=>o%c.levels.length===i).reduce((x,y)=>x+y,0); const m=sum(r.estimate.match[k]!),h=sum(r.estimate.household[k]!),s=sum(r.estimate.stranger[k]!); if (m>0.003||h>0.003) console.log(`   ${m.toFixed(4)} ${h.toFixed(4)} ${s.toExponential(2)} ${Math.log2(m/s).toFixed(1)}  ${l.label}`);}); }
  if (process.argv.includes("-s")) {
    const n = r.clusters.length;
    const t = (await db.numbers("select truth from truths order by rid", 1, n))[0]!;
    for (const [join, un, mx, mn] of [[-2,-4,12,-12],[-2,-4,30,-30],[-2,-4,20,-20],[-2,-4,8,-8],[0,-4,12,-12],[-1,-4,12,-12],[-2,-6,12,-12],[-1,-3,12,-12],[0,-2,12,-12],[0,-3,20,-20],[-2,-4,12,-6],[-2,-4,6,-12],[0,-6,12,-12]] as number[][]) {
      const c = clusterByAverage(n, (r as any).scored, { joinWeight: join!, unscoredWeight: un!, maxWeight: mx!, minWeight: mn! });
      const e = evaluate(c, t, 0); console.log(`   join ${join} unscored ${un} max ${mx} min ${mn}: F1 ${e.f1.toFixed(4)} P ${e.precision.toFixed(4)} R ${e.recall.toFixed(4)} largest ${e.largestCluster}`);
    }
  }
  if (process.argv.includes("-e")) {
    await db.load("clu", { rid: Float64Array.from(r.clusters, (_, i) => i), c: r.clusters });
    const cols = r.tables.fields.map((f) => f.name);
    await db.load("w", { l: (r as any).scored.left, r: (r as any).scored.right, weight: (r as any).scored.weight });
    const show = async (title: string, where: string, order = "hash(x.rid*7919+y.rid)") => {
      const [[n]] = await db.rows(`select count(*) from t x join t y on ${where}`) as any;
      console.log(`-- ${title}: ${n}`);
      const rows = await db.rows(`select round(weight,1), ${cols.map((c) => `x.${c} || case when x.${c} = y.${c} then ' =' else ' | ' || coalesce(y.${c},'') end`).join(",")}, y.email from t x join t y on ${where} left join w on l=x.rid and w.r=y.rid order by ${order} limit 25`);
      for (const row of rows) console.log(row.join("  ;  "));
    };
    await db.run("create table t as select records.*, c from records join clu using (rid)");
    await show("false", "x.c = y.c and x.truth <> y.truth and x.rid < y.rid");
    await show("missed", "x.c <> y.c and x.truth = y.truth and x.rid < y.rid");
  }
  db.close();
}
