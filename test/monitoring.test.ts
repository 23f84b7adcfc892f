import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createMetrics } from '@gatehouse/service-kit';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { parseObjects, schemaFaults } from './kubernetes/objects.ts';

const root = dirname(import.meta.dirname);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const plain = parse(read('k8s/monitoring/alerts.yaml')) as RuleFile;
const rules = plain.groups.flatMap((group) => group.rules);
const panels = (JSON.parse(read('k8s/monitoring/dashboard.json')) as Dashboard).panels;
const targets = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
const runbooks = read('docs/reference/runbooks.md');

interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}
interface Reading {
  /** Where the grammar does not follow. */
  readonly errors: readonly string[];
  readonly selectors: readonly Selector[];
  readonly groupings: readonly string[];
}

/** An expression as Prometheus's own grammar takes it apart. */
const readExpression = (expr: string): Reading => {
  const errors: string[] = [];
  const selectors: { metric: string; labels: string[] }[] = [];
  const groupings: string[] = [];
  let isGrouping = false;
  parser.parse(expr).iterate({
    enter({ name, type, from, to }) {
      const text = expr.slice(from, to);
      if (type.isError) errors.push(`after ${expr.slice(0, from)}`);
      else if (name === 'VectorSelector') selectors.push({ metric: '', labels: [] });
      else if (name === 'Identifier') {
        const selector = selectors.at(-1);
        if (selector !== undefined) selector.metric = text;
      } else if (name === 'GroupingLabels') isGrouping = true;
      else if (name === 'LabelName' && isGrouping) groupings.push(text);
      else if (name === 'LabelName') selectors.at(-1)?.labels.push(text);
    },
    leave({ name }) {
      if (name === 'GroupingLabels') isGrouping = false;
    },
  });
  return { errors, selectors, groupings };
};

/** The product's own metrics with their labels, as the reference lists them; test/docs.test.ts holds that to the code. */
const ownMetrics = new Map(
  [...read('docs/reference/operations.md').matchAll(/^\| `(gatehouse_[a-z_]+)` \|([^|]*)\|/gm)].map(
    ([, name = '', labels = '']) => [name, labels.split(',').map((label) => label.trim())] as const,
  ),
);
const processMetrics = createMetrics({ process: true })
  .registry.getMetricsAsArray()
  .map(({ name }) => name)
  .filter((name) => !name.startsWith('gatehouse_'));

/** Put on by whoever scrapes. */
const targetLabels = ['namespace', 'pod', 'app'];
const baseName = (metric: string): string => metric.replace(/_(bucket|sum|count)$/, '');

const labelsOf = (metric: string): readonly string[] | undefined => {
  if (metric === 'up' || processMetrics.includes(metric)) return targetLabels;
  const own = ownMetrics.get(metric) ?? ownMetrics.get(baseName(metric));
  return own === undefined ? undefined : [...own, 'le', ...targetLabels];
};

const expressions = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr })),
  ...targets.map(({ title, expr }) => ({ where: `dashboard: ${title}`, expr: expr.replaceAll('$namespace', 'x') })),
];

describe('the grammar that expressions are read by', () => {
  it('finds metrics, labels and groupings', () => {
    expect(readExpression('sum by (code) (rate(a_total{job="x"}[5m])) > 1 unless b')).toEqual({
      errors: [],
      selectors: [
        { metric: 'a_total', labels: ['job'] },
        { metric: 'b', labels: [] },
      ],
      groupings: ['code'],
    });
  });

  it.each(['sum by (code (rate(a[5m]))', 'a{b="c"', 'a > > 1', 'rate(a[5 minutes])'])('refuses %s', (expr) => {
    expect(readExpression(expr).errors).not.toEqual([]);
  });
});

describe.each(expressions)('$where', ({ expr }) => {
  const { errors, selectors, groupings } = readExpression(expr);

  it('is PromQL', () => {
    expect(errors).toEqual([]);
    expect(selectors.length).toBeGreaterThan(0);
  });

  it('names metrics and labels that there are', () => {
    for (const { metric, labels } of selectors) {
      const known = labelsOf(metric);
      expect(known, metric).toBeDefined();
      expect(
        labels.filter((label) => known?.includes(label) !== true),
        metric,
      ).toEqual([]);
    }
    const grouped = selectors.flatMap(({ metric }) => labelsOf(metric) ?? []);
    expect(groupings.filter((label) => !grouped.includes(label))).toEqual([]);
  });

  it('asks for the absence of plain selectors, which alone keep their labels', () => {
    for (const [, inner = ''] of expr.matchAll(/absent\(([^)]*)\)/g)) expect(inner).toMatch(/^\w+\{[^}]*\}$/);
  });

  it('takes the rate of counters and never of gauges', () => {
    for (const [, metric = ''] of expr.matchAll(/(?:rate|increase)\((\w+)/g))
      expect(metric).toMatch(/_(total|bucket)$/);
  });
});

describe('the alerts', () => {
  it('are the same for the Prometheus operator', () => {
    const rule = parse(read('k8s/monitoring/prometheus-rule.yaml')) as { kind: string; spec: RuleFile };
    expect(rule.kind).toBe('PrometheusRule');
    expect(rule.spec).toEqual(plain);
  });

  it('have names of their own', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    expect(rules.length).toBeGreaterThan(10);
  });

  it.each(rules)(
    '$alert says how urgent it is, and what it is about',
    ({ alert, for: patience, labels, annotations }) => {
      expect(alert).toMatch(/^Gatehouse[A-Z]\w+$/);
      expect(labels.severity).toMatch(/^(page|ticket)$/);
      expect(patience).toMatch(/^\d+[mh]$/);
      expect(annotations.summary).toBeTruthy();
      expect(annotations.description).toBeTruthy();
      expect(annotations.runbook).toBe(`docs/reference/runbooks.md#${alert.toLowerCase()}`);
    },
  );

  it.each(rules)('$alert uses only labels that its expression keeps', ({ expr, annotations }) => {
    const { selectors, groupings } = readExpression(expr);
    const matched = expr.includes('absent(') ? selectors.flatMap(({ labels }) => labels) : [];
    const used = Object.values(annotations).flatMap((text) => [...text.matchAll(/\$labels\.(\w+)/g)]);
    for (const [, label = ''] of used) expect([...groupings, ...matched]).toContain(label);
  });

  it.each(rules)('$alert has a runbook', ({ alert }) => {
    const section = runbooks.split(/^## /m).find((text) => text.startsWith(`${alert}\n`)) ?? '';
    for (const part of ['**Means**', '**Users see**', '**Look**', '**Cure**']) expect(section).toContain(part);
  });

  it('have no runbook too many', () => {
    const sections = [...runbooks.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(rules.map(({ alert }) => alert));
  });
});

describe('who is scraped', () => {
  it('is every service, by the name of a port that its pods have', () => {
    const monitors = parseAllDocuments(read('k8s/monitoring/pod-monitors.yaml')).map((document) => document.toJS());
    const scraped = monitors.flatMap(({ spec }) => {
      const { matchLabels = {}, matchExpressions = [] } = spec.selector;
      const names: string[] = [matchLabels['app.kubernetes.io/name'], ...(matchExpressions[0]?.values ?? [])].filter(
        (name) => name !== undefined,
      );
      return names.map((name) => [name, spec.podMetricsEndpoints[0].port] as const);
    });
    expect(scraped.toSorted()).toEqual([
      ['auth-gateway', 'internal'],
      ['connector-registry', 'http'],
      ['user-directory', 'http'],
    ]);
    for (const [name, port] of scraped) {
      const [deployment] = parseAllDocuments(read(`k8s/base/${name}/deployment.yaml`)).map((document) =>
        document.toJS(),
      );
      const ports = deployment.spec.template.spec.containers[0].ports.map((one: { name: string }) => one.name);
      expect(ports).toContain(port);
    }
  });
});

describe('k8s/monitoring', () => {
  it('names every file that it applies, and no other', () => {
    const { resources, configMapGenerator } = parse(read('k8s/monitoring/kustomization.yaml')) as {
      resources: string[];
      configMapGenerator: { files: string[] }[];
    };
    const generated = configMapGenerator.flatMap(({ files }) => files.map((file) => file.split('=')[1] ?? ''));
    const apart = ['kustomization.yaml', 'alerts.yaml'];
    expect([...resources, ...generated, ...apart].toSorted()).toEqual(
      readdirSync(join(root, 'k8s/monitoring')).toSorted(),
    );
  });

  it('lets spans out by a policy that Kubernetes takes', async () => {
    const [policy] = parseObjects(read('k8s/monitoring/network-policy.yaml'));
    expect(policy === undefined ? 'none' : await schemaFaults(policy)).toBeUndefined();
  });
});
