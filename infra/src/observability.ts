import { Duration } from "aws-cdk-lib";
import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import {
  type Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { Configuration } from "./configuration.ts";
import type { EdgeStack } from "./edge.ts";
import type { StoreParts } from "./grants.ts";
import type { KeysStack } from "./keys.ts";
import type { ProcessingStack } from "./processing.ts";
import type { ProjectionsStack } from "./projections.ts";
import { StageStack } from "./stageStack.ts";
import type { StreamStack } from "./stream.ts";

const minute = Duration.minutes(1);
const options = { period: minute };
const ageS = 60;
const lagMs = 60_000;
const searchFreeMb = 2_048;

export interface ObservabilityParts extends StoreParts {
  readonly keys: KeysStack;
  readonly stream: StreamStack;
  readonly edge: EdgeStack;
  readonly processing: ProcessingStack;
  readonly projections: ProjectionsStack | null;
}

interface Watched {
  readonly name: string;
  readonly metric: IMetric;
  /** An alarm when it is at least this; for `isFloor`, less. */
  readonly threshold: number;
  readonly minutes: number;
  readonly isFloor?: boolean;
}

/** An alarm and a graph for each promise, whom they tell, and what may be spent. */
export class ObservabilityStack extends StageStack {
  constructor(scope: Construct, configuration: Configuration, parts: ObservabilityParts) {
    super(scope, "Observability", configuration);
    const topic = new Topic(this, "Alarms", { masterKey: parts.keys.stream, enforceSSL: true });
    // A policy of its own takes the place of the one by which an account's alarms may tell their topics.
    topic.grantPublish(new ServicePrincipal("cloudwatch.amazonaws.com"));
    if (configuration.alarmEmail !== null) topic.addSubscription(new EmailSubscription(configuration.alarmEmail));
    const dashboard = new Dashboard(this, "Dashboard", { dashboardName: `c360-${configuration.environment}` });
    for (const [title, watched] of Object.entries(promisesOf(parts))) {
      const alarms = watched.map((each) => this.alarm(each));
      for (const alarm of alarms) alarm.addAlarmAction(new SnsAction(topic));
      dashboard.addWidgets(new GraphWidget({ title, width: 12, left: watched.map(({ metric }) => metric) }));
    }
    this.budget(configuration);
  }

  private alarm({ name, metric, threshold, minutes, isFloor }: Watched): Alarm {
    if (!(metric instanceof Metric)) throw new Error(`${name} is no metric of its own`);
    return metric.createAlarm(this, name, {
      threshold,
      evaluationPeriods: minutes,
      comparisonOperator:
        isFloor === true
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private budget({ budgetUsdPerMonth, alarmEmail, environment }: Configuration): void {
    const subscribers = alarmEmail === null ? [] : [{ subscriptionType: "EMAIL", address: alarmEmail }];
    const notice = (notificationType: string, threshold: number) => ({
      notification: { notificationType, comparisonOperator: "GREATER_THAN", threshold },
      subscribers,
    });
    new CfnBudget(this, "Budget", {
      budget: {
        budgetName: `c360-${environment}`,
        budgetType: "COST",
        timeUnit: "MONTHLY",
        budgetLimit: { amount: budgetUsdPerMonth, unit: "USD" },
        costFilters: { TagKeyValue: [`user:c360:environment$${environment}`] },
      },
      ...(subscribers.length === 0
        ? {}
        : { notificationsWithSubscribers: [notice("ACTUAL", 80), notice("FORECASTED", 100)] }),
    });
  }
}

/** By what is promised: acknowledged, in time, nothing lost, overload told, stores that answer. */
function promisesOf(parts: ObservabilityParts): Record<string, Watched[]> {
  return {
    ...edgePromises(parts),
    ...streamPromises(parts),
    ...handlerPromises(parts),
    ...storePromises(parts),
    ...searchPromises(parts),
  };
}

function edgePromises({ edge }: ObservabilityParts): Record<string, Watched[]> {
  const balancer = (metricName: string, statistic: string): Metric =>
    new Metric({
      namespace: "AWS/ApplicationELB",
      metricName,
      statistic,
      period: minute,
      dimensionsMap: { LoadBalancer: edge.balancer.loadBalancerFullName },
    });
  return {
    "Gateway: errors and unhealthy": [
      { name: "GatewayErrors", metric: balancer("HTTPCode_Target_5XX_Count", "Sum"), threshold: 10, minutes: 3 },
      { name: "GatewayRefused", metric: balancer("HTTPCode_ELB_5XX_Count", "Sum"), threshold: 10, minutes: 3 },
      { name: "GatewaySlow", metric: balancer("TargetResponseTime", "p99"), threshold: 2, minutes: 5 },
    ],
  };
}

function streamPromises({ stream, processing }: ObservabilityParts): Record<string, Watched[]> {
  const queues = { Queue: stream.queue, FanOutQueue: stream.fanOutQueue };
  const deadLetters = { ...stream.deadLetters, processing: processing.deadLetters };
  return {
    "Age: how long messages and records wait": [
      ...Object.entries(queues).map(([name, queue]) => ({
        name: `${name}Age`,
        metric: queue.metricApproximateAgeOfOldestMessage(options),
        threshold: ageS,
        minutes: 5,
      })),
      {
        name: "StreamLag",
        metric: stream.stream.metricGetRecordsIteratorAgeMilliseconds({ period: minute, statistic: "Maximum" }),
        threshold: lagMs,
        minutes: 5,
      },
    ],
    "Dead letters": Object.entries(deadLetters).map(([name, queue]) => ({
      name: `${name}DeadLetters`,
      metric: queue.metricApproximateNumberOfMessagesVisible(options),
      threshold: 1,
      minutes: 1,
    })),
    "Throttled writes of the stream": [
      {
        name: "StreamThrottled",
        metric: stream.stream.metricWriteProvisionedThroughputExceeded({ period: minute, statistic: "Sum" }),
        threshold: 1,
        minutes: 5,
      },
    ],
  };
}

function handlerPromises({ stream, processing }: ObservabilityParts): Record<string, Watched[]> {
  const handlers = {
    forwarder: stream.forwarder,
    ingest: stream.ingest,
    decider: processing.decider,
  };
  return {
    "Handlers: errors": Object.entries(handlers).map(([name, { run }]) => ({
      name: `${name}HandlerErrors`,
      metric: run.metricErrors(options),
      threshold: 1,
      minutes: 3,
    })),
    "Handlers: throttled": Object.entries(handlers).map(([name, { run }]) => ({
      name: `${name}HandlerThrottles`,
      metric: run.metricThrottles(options),
      threshold: 1,
      minutes: 3,
    })),
  };
}

function storePromises({ storage }: ObservabilityParts): Record<string, Watched[]> {
  return {
    "Tables: throttled": Object.entries(storage.tables).map(([name, table]) => ({
      name: `${name}TableThrottles`,
      metric: table.metric("ThrottledRequests", { period: minute, statistic: "Sum" }),
      threshold: 1,
      minutes: 5,
    })),
  };
}

function searchPromises({ projections }: ObservabilityParts): Record<string, Watched[]> {
  if (projections === null) return {};
  return {
    "Search: room": [
      {
        name: "SearchRoom",
        metric: new Metric({
          namespace: "AWS/ES",
          metricName: "FreeStorageSpace",
          statistic: "Minimum",
          period: minute,
          dimensionsMap: { DomainName: projections.search.ref, ClientId: projections.account },
        }),
        threshold: searchFreeMb,
        minutes: 5,
        isFloor: true,
      },
    ],
  };
}
