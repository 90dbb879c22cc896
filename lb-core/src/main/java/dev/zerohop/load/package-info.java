/** How loaded a node is, measured by this client's own calls: {@link dev.zerohop.load.LoadMetrics} lists the metrics. */
@NullMarked
package dev.zerohop.load;

import org.jspecify.annotations.NullMarked;
