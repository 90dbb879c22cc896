/** The demo of a StatefulSet behind a mock of the Kubernetes API server. */
@NullMarked
package dev.zerohop.demo.kubernetes;

import org.jspecify.annotations.NullMarked;
