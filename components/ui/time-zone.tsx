"use client";

import { createContext, use } from "react";

/** IANA name of the zone instants are shown in. */
export const TimeZoneContext = createContext("UTC");

export const useTimeZone = (): string => use(TimeZoneContext);
