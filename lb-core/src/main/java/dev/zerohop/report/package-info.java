/** How servers' reports of their load travel: {@link dev.zerohop.report.LoadReports}. */
@NullMarked
package dev.zerohop.report;

import org.jspecify.annotations.NullMarked;
