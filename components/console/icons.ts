import {
  IconActivity,
  IconAlertCircle,
  IconArrowsJoin,
  IconBan,
  IconBuildingStore,
  IconCalendarCheck,
  IconCalendarDollar,
  IconCashBanknote,
  IconFileInvoice,
  IconGauge,
  IconHandStop,
  IconHeartRateMonitor,
  IconInbox,
  IconLayoutDashboard,
  IconListDetails,
  IconStairsDown,
  IconTable,
  IconTransfer,
} from "@tabler/icons-react";

type Icon = typeof IconActivity;

const BY_PATH: Readonly<Record<string, Icon>> = {
  "/overview": IconLayoutDashboard,
  "/fraud/queue": IconInbox,
  "/fraud/live": IconActivity,
  "/fraud/blacklist": IconBan,
  "/reconciliation/day": IconCalendarCheck,
  "/reconciliation/breaks": IconListDetails,
  "/reconciliation/matches": IconArrowsJoin,
  "/reconciliation/payouts": IconStairsDown,
  "/reconciliation/statements": IconFileInvoice,
  "/merchants": IconBuildingStore,
  "/settlement/calendar": IconCalendarDollar,
  "/settlement/payouts": IconCashBanknote,
  "/settlement/holds": IconHandStop,
  "/operations/streams": IconTransfer,
  "/operations/quarantine": IconAlertCircle,
  "/operations/tables": IconTable,
  "/operations/health": IconHeartRateMonitor,
};

/** The picture beside a page's name. */
export const iconOfPath = (path: string): Icon => BY_PATH[path] ?? IconGauge;
