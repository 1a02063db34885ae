@NullMarked
package dev.imageferry.web;

import org.jspecify.annotations.NullMarked;
