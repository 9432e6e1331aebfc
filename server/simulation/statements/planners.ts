import type { Step } from "../lifecycle";
import type { Payment } from "../payment";
import { BankPlanner, type PlannerParts } from "./bank-planner";
import { PspPlanner } from "./psp-planner";

/** Who is told of each event of a payment, and plans what banks and processors say of it. */
export function createPlanners(parts: PlannerParts): (payment: Payment, step: Step, eventMs: number) => void {
  const banks = new BankPlanner(parts);
  const processors = new PspPlanner(parts);
  return (payment, step, eventMs) => {
    const movement = { payment, step, eventMs };
    switch (step.status) {
      case "SETTLED":
        if (payment.type === "CARD") processors.moved(movement);
        else banks.settled(movement);
        return;
      case "REFUNDED":
      case "CHARGEBACK":
        processors.moved(movement);
        return;
      case "RETURNED":
        banks.returned(movement);
        return;
      case "FAILED":
        banks.failed(movement);
    }
  };
}
