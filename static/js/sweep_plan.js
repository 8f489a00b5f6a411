// The options of the chosen sampler and pruner are shown, those of the others are not.
export function setUpPlan(form) {
  const rows = [...form.querySelectorAll("[data-of]")];
  const choices = ["sampler", "pruner"].map((name) => form.elements[`plan.${name}`]);
  for (const choice of choices) choice.addEventListener("change", () => show(form, rows));
}

function show(form, rows) {
  form.dataset.sampler = form.elements["plan.sampler"].value;
  for (const row of rows) {
    const [kind, method] = row.dataset.of.split(":");
    row.hidden = form.elements[`plan.${kind}`].value !== method;
  }
}
