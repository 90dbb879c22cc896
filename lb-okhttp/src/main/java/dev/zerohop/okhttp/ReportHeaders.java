package dev.zerohop.okhttp;

import dev.zerohop.LoadReport;
import dev.zerohop.report.LoadReports;
import java.util.function.Supplier;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** The load report in the headers of an answer. */
final class ReportHeaders {
    private ReportHeaders() {}

    /** Reads the report; null if the answer has none. What is given throws as {@link LoadReports#ofHeader} does. */
    static @Nullable Supplier<LoadReport> of(Response response) {
        String value = response.header(LoadReports.HEADER);
        if (value != null) {
            return () -> LoadReports.ofHeader(value);
        }
        String bare = response.header(LoadReports.TRAILER);
        return bare == null ? null : () -> LoadReports.ofBase64(bare);
    }
}
