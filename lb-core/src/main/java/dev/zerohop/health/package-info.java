/** Which endpoints are ejected by the outcomes of this client's own calls, and which losses of members are believed. */
@NullMarked
package dev.zerohop.health;

import org.jspecify.annotations.NullMarked;
