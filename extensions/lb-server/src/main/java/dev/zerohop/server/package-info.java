/** Servers report their load: {@link dev.zerohop.server.LoadReporter} measures it, and {@link dev.zerohop.server.LoadReportInterceptor} sends it with the answers of a gRPC server. */
@NullMarked
package dev.zerohop.server;

import org.jspecify.annotations.NullMarked;
