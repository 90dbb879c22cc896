/** The one configuration format, and the shortest way from a target to a balancer. Sees everything; nothing in this library's core sees it. */
@NullMarked
package dev.zerohop.config;

import org.jspecify.annotations.NullMarked;
