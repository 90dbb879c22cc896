package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;

/** An attempt that was counted, and how it ended. */
record EndedAttempt(Endpoint endpoint, Outcome outcome) {}
