// The options of the chosen sampler and pruner are shown, those of the others are not.
export function setUpPlan(form) {
  const rows = [...form.querySelectorAll("[data-of]")];
  const choices = ["sampler", "pruner"].map((name) => form.elements[`plan.${name}`]);
  for (const choice of choices) choice.addEventListener("change", () => show(form, rows));
  choices[0].addEventListener("change", () => proposeTrials(form));
}

// A grid ends by itself, every other sampler needs a number of trials: one is proposed where none was typed.
function proposeTrials(form) {
  const trials = form.elements["plan.trials"];
  const isGrid = form.elements["plan.sampler"].value === "grid";
  if (!isGrid && trials.value.trim() === "") trials.value = trials.dataset.proposed = "20";
  else if (isGrid && trials.value === trials.dataset.proposed) trials.value = "";
}

function show(form, rows) {
  form.dataset.sampler = form.elements["plan.sampler"].value;
  for (const row of rows) {
    const [kind, method] = row.dataset.of.split(":");
    row.hidden = form.elements[`plan.${kind}`].value !== method;
  }
}
