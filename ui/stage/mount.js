// The mount: what each part of a stage is given to the page with. It hands the part to the code of the stage, which
// comes in a part of its own, because Streamlit sends a component's JavaScript again with every change of its data.

export default function (part) {
  const desk = (window.gradientDescentStage ??= { early: [] });
  let end = () => {};
  let gone = false;
  const begin = () => {
    if (!gone) end = desk.mount(part);
  };
  if (desk.mount) begin();
  else desk.early.push(begin);
  return () => {
    gone = true;
    end();
  };
}
