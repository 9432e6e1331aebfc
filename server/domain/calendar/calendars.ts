import { type BusinessCalendar, createCalendar } from "./calendar";
import { fedHolidays } from "./fed";
import { targetHolidays } from "./target";
import { ukHolidays } from "./uk";

export const CALENDAR_IDS = ["fed", "target", "uk", "weekends", "always"] as const;
export type CalendarId = (typeof CALENDAR_IDS)[number];

/** Raise a version with any change of its days: finals keep it, and a test holds the days to it. */
export const CALENDARS: Readonly<Record<CalendarId, BusinessCalendar>> = {
  fed: createCalendar({
    id: "fed",
    name: "Federal Reserve Banks",
    version: "fed/1",
    weekends: true,
    holidaysOf: fedHolidays,
  }),
  target: createCalendar({
    id: "target",
    name: "TARGET",
    version: "target/1",
    weekends: true,
    holidaysOf: targetHolidays,
  }),
  uk: createCalendar({
    id: "uk",
    name: "England and Wales",
    version: "uk/1",
    weekends: true,
    holidaysOf: ukHolidays,
  }),
  weekends: createCalendar({
    id: "weekends",
    name: "Monday to Friday",
    version: "weekends/1",
    weekends: true,
    holidaysOf: () => [],
  }),
  always: createCalendar({
    id: "always",
    name: "Every day",
    version: "always/1",
    weekends: false,
    holidaysOf: () => [],
  }),
};
