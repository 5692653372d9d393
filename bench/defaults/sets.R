# Writes the classification sets that Debian's R packages ship as CSV: Rscript sets.R FOLDER. The target is the last column and is called
# "class"; categories are text (a letter before levels that are numbers), missing values are empty. A package that is not installed is
# named on stderr and its sets are left out.
folder <- commandArgs(TRUE)[1]

take <- function(name, package, target, drop = character(), data = name, make = NULL) {
  list(name = name, package = package, target = target, drop = drop, data = data, make = make)
}

sets <- list(
  take("breast-cancer-original", "mlbench", "Class", "Id", "BreastCancer",
       function(x) { x[2:10] <- lapply(x[2:10], function(v) as.numeric(as.character(v))); x }),
  take("dna", "mlbench", "Class", data = "DNA"),
  take("glass", "mlbench", "Type", data = "Glass"),
  take("votes", "mlbench", "Class", data = "HouseVotes84"),
  take("ionosphere", "mlbench", "Class", "V2", "Ionosphere"),
  take("pima", "mlbench", "diabetes", data = "PimaIndiansDiabetes"),
  take("shuttle", "mlbench", "Class", data = "Shuttle"),
  take("sonar", "mlbench", "Class", data = "Sonar"),
  take("soybean", "mlbench", "Class", data = "Soybean"),
  take("vehicle", "mlbench", "Class", data = "Vehicle"),
  take("vowel", "mlbench", "Class", "V1", "Vowel"),
  take("zoo", "mlbench", "type", data = "Zoo"),
  take("income", "kernlab", "INCOME", data = "income"),
  take("musk", "kernlab", "Class", data = "musk"),
  take("promoters", "kernlab", "Class", data = "promotergene"),
  take("spam", "kernlab", "type", data = "spam"),
  take("caravan", "kernlab", "CARAVAN", data = "ticdata"),
  take("alzheimer", "modeldata", "Class", data = "ad_data"),
  take("attrition", "modeldata", "Attrition", data = "attrition"),
  take("cells", "modeldata", "class", "case", "cells"),
  take("credit", "modeldata", "Status", data = "credit_data"),
  take("jobs", "modeldata", "class", data = "hpc_data"),
  take("lending", "modeldata", "Class", data = "lending_club"),
  take("churn-mlc", "modeldata", "churn", data = "mlc_churn"),
  take("churn-telco", "modeldata", "churn", data = "wa_churn"),
  take("oils", "modeldata", "class", data = "oils"),
  take("parkinson-speech", "modeldata", "class", "id", "pd_speech"),
  take("penguins", "modeldata", "species", data = "penguins"),
  take("scat", "modeldata", "Species", data = "scat"),
  take("stackoverflow", "modeldata", "Remote", data = "stackoverflow"),
  take("birthwt", "MASS", "low", "bwt"),
  take("survey", "MASS", "Smoke"),
  take("survey-sex", "MASS", "Sex", data = "survey"),
  take("cars93", "MASS", "Type", c("Model", "Make"), "Cars93"),
  take("crabs", "MASS", "class", c("sp", "sex", "index"), "crabs", function(x) { x$class <- paste(x$sp, x$sex); x }),
  take("aids", "MASS", "status", "death", "Aids2"),
  take("autolander", "MASS", "use", data = "shuttle"),
  take("iris", "datasets", "Species"),
  take("infert", "datasets", "case", c("stratum", "pooled.stratum")),
  take("beps", "carData", "vote", data = "BEPS"),
  take("chile", "carData", "vote", data = "Chile"),
  take("arrests", "carData", "released", data = "Arrests"),
  take("salaries", "carData", "rank", data = "Salaries"),
  take("values", "carData", "poverty", data = "WVS"),
  take("abortion", "carData", "importance", data = "CES11"),
  take("bank-wages", "AER", "job", data = "BankWages"),
  take("mortgages", "AER", "deny", data = "HMDA"),
  take("smoking-ban", "AER", "smoker", data = "SmokeBan"),
  take("resumes", "AER", "call", data = "ResumeNames"),
  take("icu", "vcdExtra", "died", data = "ICU"),
  take("titanic", "vcdExtra", "survived", data = "Titanicp"),
  take("cormorants", "vcdExtra", "category", data = "Cormorants"),
  take("kyphosis", "rpart", "Kyphosis"),
  take("prostate-stage", "rpart", "pgstat", "pgtime", "stagec"),
  take("car-reliability", "rpart", "Reliability", data = "car90",
       make = function(x) x[setdiff(names(x), c("Model2", "Rim", "Tires", "Gear2"))]),
  take("cirrhosis", "survival", "stage", c("id", "time", "status"), "pbc"),
  take("transplant", "survival", "event", "futime"),
  take("heart", "ddalpha", "C"),
  take("haberman", "ddalpha", "C"),
  take("liver", "ddalpha", "C", data = "indian_liver_patient_1vs2"),
  take("blood", "ddalpha", "C", data = "bloodtransfusion"),
  take("bupa", "ddalpha", "C"),
  take("teaching", "ddalpha", "C", data = "tae"),
  take("vertebral", "ddalpha", "C", data = "vertebral_column"),
  take("imports", "randomForest", "symboling", data = "imports85"),
  take("olive", "dslabs", "area", "region"),
  take("mpg", "ggplot2", "class"),
  take("diamonds", "ggplot2", "cut"),
  take("midwest", "ggplot2", "state", c("PID", "county")),
  take("german-credit", "caret", "Class", data = "GermanCredit"),
  take("dhfr", "caret", "Y"),
  take("glaucoma", "TH.data", "Class", data = "GlaucomaM"),
  take("recurrence", "TH.data", "status", "time", "wpbc"),
  take("thyroid", "mclust", "Diagnosis"),
  take("personality", "psychTools", "gender", data = "bfi"),
  take("vote92", "pscl", "vote"),
  take("happiness", "HSAUR3", "R_happy", data = "CHFLS"),
  take("savings", "ade4", "csp", data = "banque"))

is_category <- function(v) is.factor(v) || is.character(v) || is.logical(v)

as_written <- function(v) {
  if (!is_category(v)) return(as.numeric(v))
  text <- trimws(as.character(v))
  numbers <- !is.na(suppressWarnings(as.numeric(text)))
  if (any(numbers)) text <- ifelse(is.na(text), NA, paste0("c", text))
  text
}

write_set <- function(s) {
  e <- new.env()
  suppressWarnings(utils::data(list = s$data, package = s$package, envir = e))
  x <- as.data.frame(get(s$data, envir = e))
  if (!is.null(s$make)) x <- s$make(x)
  target <- x[[s$target]]
  x <- x[setdiff(names(x), c(s$target, s$drop))]
  x <- as.data.frame(lapply(x, as_written))
  x <- x[sapply(x, function(v) length(unique(v)) > 1)]
  x$class <- paste0("is ", as.character(target))
  x <- x[!is.na(target), ]
  utils::write.csv(x, file.path(folder, paste0(s$name, ".csv")), row.names = FALSE, na = "")
}

dir.create(folder, recursive = TRUE, showWarnings = FALSE)
for (s in sets) {
  if (!nzchar(system.file(package = s$package))) {
    message("left out: ", s$name, " (R package ", s$package, " is not installed)")
    next
  }
  tryCatch(write_set(s), error = function(problem) message("left out: ", s$name, " (", conditionMessage(problem), ")"))
}
