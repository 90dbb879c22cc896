/**
 * A status page of the balancers of a process: {@link dev.zerohop.admin.StatusPage} answers requests without being a server, {@link dev.zerohop.admin.StatusServer} puts it on the JDK's.
 */
@NullMarked
package dev.zerohop.admin;

import org.jspecify.annotations.NullMarked;
