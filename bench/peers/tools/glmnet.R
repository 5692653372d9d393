# Rscript glmnet.R FOLDER ROWS COLUMNS dense|sparse binomial|multinomial LAMBDA
# Reads values.bin (and rows.bin, starts.bin), labels.bin; writes point-N.bin: seconds, then [W; b] row by row.
suppressMessages(library(glmnet))
words <- commandArgs(trailingOnly = TRUE)
rows <- as.integer(words[2]); columns <- as.integer(words[3]); lambda <- as.numeric(words[6])

read <- function(name, what, size) {
  path <- file.path(words[1], name)
  readBin(path, what, n = file.size(path) / size, size = size)
}
x <- if (words[4] == "dense") matrix(read("values.bin", "double", 8), rows, columns) else
  new("dgCMatrix", i = read("rows.bin", "integer", 4), p = read("starts.bin", "integer", 4),
      x = read("values.bin", "double", 8), Dim = c(rows, columns))
y <- factor(read("labels.bin", "integer", 4))
path <- exp(seq(log(1e4 * lambda), log(lambda), length.out = 20))

thresholds <- c(1e-7, 1e-10, 1e-14)
for (index in seq_along(thresholds)) {
  seconds <- system.time(
    fit <- glmnet(x, y, family = words[5], alpha = 0, lambda = path, standardize = FALSE,
                  thresh = thresholds[index], maxit = 1e8))[["elapsed"]]
  beta <- if (words[5] == "binomial") as.matrix(coef(fit, s = lambda)) else
    sapply(coef(fit, s = lambda), as.vector)
  beta <- rbind(beta[-1, , drop = FALSE], beta[1, ])
  target <- file.path(words[1], sprintf("point-%d.bin", index))
  writeBin(c(seconds, as.vector(t(beta))), paste0(target, ".part"))
  file.rename(paste0(target, ".part"), target)
}
