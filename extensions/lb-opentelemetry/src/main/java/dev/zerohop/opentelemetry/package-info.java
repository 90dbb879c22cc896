/** The meters and the traces of balancers, by the API of OpenTelemetry. */
@NullMarked
package dev.zerohop.opentelemetry;

import org.jspecify.annotations.NullMarked;
